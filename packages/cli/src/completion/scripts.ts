export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Bash takes what is behind `:` and `=` for a word of its own, and expects only the rest of ours. */
const BASH = `# Completion of ringtail for bash: source <(ringtail completion bash)
_ringtail() {
  local line=\${COMP_LINE:0:COMP_POINT} word head
  local -a words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  word=\${words[-1]}
  mapfile -t COMPREPLY < <(ringtail __complete -- "\${words[@]:1}" 2>/dev/null)
  head=\${word%"\${word##*[:=]}"}
  [[ -n $head ]] && COMPREPLY=("\${COMPREPLY[@]#"$head"}")
}
complete -o bashdefault -o default -F _ringtail ringtail
`;

const ZSH = `#compdef ringtail
# Completion of ringtail for zsh: source <(ringtail completion zsh)
_ringtail() {
  local -a candidates
  candidates=("\${(@f)$(ringtail __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n \${candidates[1]} ]]; then compadd -- "\${candidates[@]}"; else _files; fi
}
compdef _ringtail ringtail
`;

const FISH = `# Completion of ringtail for fish: ringtail completion fish | source
complete -c ringtail -a '(ringtail __complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`;

/** What a shell has to read to complete our command lines; it asks \`ringtail __complete\` for every word. */
export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
