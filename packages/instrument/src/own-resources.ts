/** Whether code of the tracer or an instrument runs. Asynchronous resources that it makes are none of the program. */
let areMade = false;

export function isMakingOwnResources(): boolean {
  return areMade;
}

/** Calls a function whose asynchronous resources are not recorded. */
export function makeOwnResources<Result>(make: () => Result): Result {
  const wereMade = areMade;
  areMade = true;
  try {
    return make();
  } finally {
    areMade = wereMade;
  }
}
