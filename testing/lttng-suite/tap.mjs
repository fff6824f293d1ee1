/**
 * Parses a test script's output in the Test Anything Protocol.
 *
 * Checks that a script skips count neither as passed nor as run.
 *
 * @param {string} text
 */
export function readTap(text) {
  const passed = [];
  const failed = [];
  let skipped = 0;
  let bailedOut = false;
  for (const line of text.split('\n')) {
    const check = /^(not )?ok\s+\d+\s*-?\s*(.*)$/.exec(line);
    if (/^Bail out!/i.test(line)) bailedOut = true;
    if (check === null) continue;
    const [, not, description] = check;
    if (/#\s*skip/i.test(description)) skipped += 1;
    else (not === undefined ? passed : failed).push(description);
  }
  return { passed, failed, skipped, bailedOut };
}
