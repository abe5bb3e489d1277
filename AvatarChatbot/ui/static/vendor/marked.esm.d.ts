/** What markdown.js uses of marked 18. */

export interface Token {
  type: string;
  raw: string;
  text: string;
  tokens?: Token[];
  /** Of links and images. */
  href: string;
  /** Of lists, and their items. */
  ordered: boolean;
  start: number | "";
  items: Token[];
  task: boolean;
  checked: boolean;
  /** Of tables. */
  header: Token[];
  rows: Token[][];
}

export function lexer(text: string): Token[];
