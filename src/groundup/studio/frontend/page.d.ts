// Types of the page that TypeScript cannot know: what a selector finds is typed by its use, not by its name.
interface ParentNode {
  querySelector(selectors: string): any;
  querySelectorAll(selectors: string): NodeListOf<any>;
}
interface Document {
  getElementById(id: string): any;
}
interface Element {
  closest(selectors: string): any;
}
interface Event {
  target: any;
}
interface Window {
  groundupLenses?: boolean;
}
