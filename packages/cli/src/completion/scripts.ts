export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * Bash cuts words behind `:`, `=` and others, and expects what stands for the last piece alone: the pieces are joined
 * again where no space is between them, and what stands before the last one is taken off every suggestion. A word
 * without quotes gets backslashes where it needs them; of one in quotes, suggestions that would end them are left out.
 */
const BASH = `# Completion of ringtail for bash: source <(ringtail completion bash)
_ringtail() {
  local line=\${COMP_LINE:0:COMP_POINT} piece='' head='' suggestion i
  local -a words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    if ((i == 0)) || [[ $line == [[:space:]]* || -z $line ]]; then
      line=\${line#"\${line%%[![:space:]]*}"}
      words+=('')
    fi
    piece=\${COMP_WORDS[i]:0:\${#line}}
    line=\${line#"$piece"}
    head=\${words[-1]}
    words[-1]+=\${piece//[\\"\\'\\\\]/}
  done
  # A piece of nothing but separators is not to be replaced.
  [[ $piece =~ ^[:=]+$ ]] && head=\${words[-1]}
  COMPREPLY=()
  while IFS= read -r suggestion; do
    suggestion=\${suggestion#"$head"}
    case $piece in
      \\'*) [[ $suggestion == *\\'* ]] && continue ;;
      \\"*) [[ $suggestion == *[\\"\\$\\\`\\\\]* ]] && continue ;;
      *) printf -v suggestion %q "$suggestion" ;;
    esac
    COMPREPLY+=("$suggestion")
  done < <(ringtail __complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -o bashdefault -o default -F _ringtail ringtail
`;

const ZSH = `#compdef ringtail
# Completion of ringtail for zsh: source <(ringtail completion zsh)
_ringtail() {
  local -a candidates
  candidates=("\${(@f)$(ringtail __complete -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  if [[ -n \${candidates[1]} ]]; then compadd -- "\${candidates[@]}"; else _files; fi
}
if [[ \${funcstack[1]} == _ringtail ]]; then
  _ringtail "$@"
else
  (( \${+functions[compdef]} )) || { autoload -Uz compinit && compinit; }
  compdef _ringtail ringtail
fi
`;

/** Suggests files where there is no other suggestion: the word may be a path. */
const FISH = `# Completion of ringtail for fish: ringtail completion fish | source
function __ringtail_complete
  set -l words (commandline -opc)
  set -e words[1]
  set -l last (commandline -ct | string trim --left --chars="'\\"")
  set -l suggestions (ringtail __complete -- $words "$last" 2>/dev/null)
  if test (count $suggestions) -gt 0
    printf '%s\\n' $suggestions
  else
    __fish_complete_path "$last"
  end
end
complete -c ringtail -f -a '(__ringtail_complete)'
`;

/** What a shell has to read to complete our command lines; it asks \`ringtail __complete\` for every word. */
export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
