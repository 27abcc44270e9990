/** Where the condition language differs from expr-lang 1.17 on purpose: expression of the fixture -> why. */
export const DIFFERENCES: ReadonlyMap<string, string> = new Map([
  ['type(asInt)', 'functions are no values here'],
  ['"\\ud83d\\ude00"', 'a pair of surrogates is the character it stands for, not two broken ones'],
  ['result[9] == 1 and false', 'nothing is optimized away: an index past the end is an error wherever it stands'],
  ['isNaN(len(result))', 'an int is a number that is not NaN, known before evaluation or not'],
  ['"a b" | split(" ")[0]', 'what a pipe gives may be indexed'],
  ['groupBy(result, # > 1).a', 'a group that is not there is nil, not an empty list'],
  ['int(1e30)', 'what Go leaves to the processor is an error'],
  ['int(0/0)', 'what Go leaves to the processor is an error'],
  ['asInt(result)', 'what Go leaves to the processor is an error'],
  ['lower("İ")', 'a letter whose other case is more than one character stays'],
  ['float("0x1p4")', 'only decimal numbers are read from strings'],
  ['float("1_0")', 'only decimal numbers are read from strings'],
  ['result?.foo.bar', 'an optional field of nil is nil, also where nil is known before evaluation'],
  ['result?.foo', 'an optional field of nil is nil, also where nil is known before evaluation'],
]);
