// What the console uses of htm and preact, for tsc --checkJs.
export function html(strings: TemplateStringsArray, ...values: unknown[]): any;
export function render(node: unknown, into: Element): void;
export function useState<S>(initial: S | (() => S)): [S, (next: S | ((old: S) => S)) => void];
export function useEffect(effect: () => unknown, inputs?: unknown[]): void;
export function useMemo<T>(make: () => T, inputs: unknown[]): T;
export function useRef<T>(initial: T): { current: T };
