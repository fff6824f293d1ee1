/** The filter language alone, for whoever only has to know whether an expression is one. */
export { FilterError, type FilterErrorCode } from './filter-error.ts';
export { parseFilter } from './parse-filter.ts';
