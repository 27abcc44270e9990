/**
 * Finds what a JSONPath names in a document. Errors are worded as the Kubernetes libraries word them (`ok is not found`). Bounded in the values that
 * are looked at, for a document comes from outside and a path with several `..` may visit it many times over.
 */
import { type Action, JsonPathError, type Operand, type Step, type Test } from './json-path.ts';

const MAX_VISITS = 1_000_000;

/** Every match in the order of the document; throws JsonPathError where a field or an index is not there. */
export function findJsonPath(actions: readonly Action[], document: unknown): readonly unknown[] {
  return new Search().carryOut(actions, document);
}

class Search {
  private visits = 0;

  carryOut(actions: readonly Action[], at: unknown): readonly unknown[] {
    return actions.flatMap((action) => {
      const found = this.walk(action.steps, [at]);
      return action.kind === 'path' ? found : found.flatMap((item) => this.carryOut(action.body, item));
    });
  }

  private walk(steps: readonly Step[], from: readonly unknown[]): readonly unknown[] {
    return steps.reduce((values, step) => this.step(step, values), from);
  }

  private step(step: Step, values: readonly unknown[]): readonly unknown[] {
    this.visit(values.length);
    switch (step.kind) {
      case 'field':
        return field(step.name, values);
      case 'index':
        return values.filter(isPresent).map((value) => at(asList(value), step.index));
      case 'slice':
        return values.filter(isPresent).flatMap((value) => this.counted(slice(asList(value), step)));
      case 'wildcard':
        return values.flatMap((value) => this.counted(children(value)));
      case 'descent':
        return values.flatMap((value) => this.descend(value));
      case 'union':
        return step.branches.flatMap((branch) => this.walk(branch, values));
      case 'filter':
        return values.filter(isPresent).flatMap((value) => asList(value).filter((item) => this.passes(step.left, step.test, item)));
    }
  }

  /** Without recursion: the document may be nested deeper than calls can be. */
  private descend(from: unknown): readonly unknown[] {
    const found: unknown[] = [];
    const waiting: unknown[] = [from];
    for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
      const inner = children(value);
      this.visit(1 + inner.length);
      if (inner.length === 0) continue;
      found.push(value);
      for (let index = inner.length - 1; index >= 0; index -= 1) waiting.push(inner[index]);
    }
    return found;
  }

  private passes(left: Operand, test: Test | undefined, item: unknown): boolean {
    const lefts = this.operand(left, item);
    if (test === undefined) return lefts.length > 0;
    const rights = this.operand(test.right, item);
    if (lefts.length > 1 || rights.length > 1) throw new JsonPathError('a filter can only compare one value at a time');
    return lefts.length === 1 && rights.length === 1 && compare(lefts[0], test.operator, rights[0]);
  }

  /** Empty where the item lacks it: such an item does not match. */
  private operand(operand: Operand, item: unknown): readonly unknown[] {
    if (operand.kind === 'literal') return [operand.value];
    try {
      return this.walk(operand.steps, [item]);
    } catch (error) {
      if (error instanceof NotFound) return [];
      throw error;
    }
  }

  private counted(values: readonly unknown[]): readonly unknown[] {
    this.visit(values.length);
    return values;
  }

  private visit(count: number): void {
    this.visits += count + 1;
    if (this.visits > MAX_VISITS) throw new JsonPathError(`it looks at more than ${MAX_VISITS} values; make it more exact`);
  }
}

class NotFound extends JsonPathError {}

function isPresent(value: unknown): boolean {
  return value !== null;
}

/** Those that have the field; it is enough that one of them has. */
function field(name: string, values: readonly unknown[]): readonly unknown[] {
  const found = values.flatMap((value) => (isMap(value) && Object.hasOwn(value, name) ? [value[name]] : []));
  if (found.length === 0) throw new NotFound(`${name} is not found`);
  return found;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function children(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isMap(value) ? Object.values(value) : [];
}

function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new NotFound(`${isMap(value) ? 'a map' : JSON.stringify(value).slice(0, 40)} is not array or slice`);
}

function at(list: readonly unknown[], index: number): unknown {
  const place = index < 0 ? index + list.length : index;
  if (place < 0 || place >= list.length) throw outOfBounds(place, list.length);
  return list[place];
}

function slice(list: readonly unknown[], { start, end, stride }: Extract<Step, { kind: 'slice' }>): readonly unknown[] {
  const from = start === undefined ? 0 : start < 0 ? start + list.length : start;
  const to = end === undefined ? list.length : end < 0 ? end + list.length : end;
  if (from === to) return [];
  if (from < 0 || from >= list.length) throw outOfBounds(from, list.length);
  if (to < 0 || to > list.length) throw outOfBounds(to - 1, list.length);
  if (from > to) throw new JsonPathError(`starting index ${from} is greater than ending index ${to}`);
  return list.slice(from, to).filter((_, index) => index % stride === 0);
}

function outOfBounds(index: number, length: number): NotFound {
  return new NotFound(`array index out of bounds: index ${index}, length ${length}`);
}

function compare(left: unknown, operator: Test['operator'], right: unknown): boolean {
  const comparable = typeof left === typeof right && (typeof left !== 'object' || left === null || right === null);
  if (!comparable) throw new JsonPathError(`incompatible types for comparison: ${kindOf(left)} and ${kindOf(right)}`);
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  const isOrdered =
    (typeof left === 'number' && typeof right === 'number') || (typeof left === 'string' && typeof right === 'string');
  if (!isOrdered) throw new JsonPathError(`invalid type for comparison: ${kindOf(left)}`);
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : typeof value;
}
