/** Values of variables and members with such names are never recorded. */
const SECRET = /password|token|secret|authorization/i;

export function isSecretName(name: string): boolean {
  return SECRET.test(name);
}
