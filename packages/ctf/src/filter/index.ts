/** The filter language alone, for callers that only have to check an expression. */
export { FilterError, type FilterErrorCode } from './filter-error.ts';
export { parseFilter } from './parse-filter.ts';
