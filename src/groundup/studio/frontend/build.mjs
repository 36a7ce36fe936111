// Builds ../static/vendor: the editor and KaTeX as ES modules, their fonts as woff2, axe for the tests.
import { build } from "esbuild";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";

const out = new URL("../static/vendor/", import.meta.url).pathname;
await rm(out, { recursive: true, force: true });
await mkdir(`${out}fonts`, { recursive: true });

await build({
  entryPoints: { editor: "editor.entry.mjs", katex: "node_modules/katex/dist/katex.mjs" },
  bundle: true, minify: true, format: "esm", target: "es2022", outdir: out, legalComments: "linked",
});
await cp("node_modules/axe-core/axe.min.js", `${out}axe.js`);  // loaded by the browser tests only

const faces = [
  ["Newsreader Variable", "normal", "200 800", "@fontsource-variable/newsreader/files/newsreader-latin-opsz-normal.woff2"],
  ["Newsreader Variable", "italic", "200 800", "@fontsource-variable/newsreader/files/newsreader-latin-opsz-italic.woff2"],
  ["Instrument Sans Variable", "normal", "400 700", "@fontsource-variable/instrument-sans/files/instrument-sans-latin-wght-normal.woff2"],
  ["Commit Mono", "normal", "400", "@fontsource/commit-mono/files/commit-mono-latin-400-normal.woff2"],
  ["Commit Mono", "normal", "700", "@fontsource/commit-mono/files/commit-mono-latin-700-normal.woff2"],
];
let css = "";
for (const [family, style, weight, file] of faces) {
  const name = file.split("/").at(-1);
  await cp(`node_modules/${file}`, `${out}fonts/${name}`);
  css += `@font-face { font-family: "${family}"; font-style: ${style}; font-weight: ${weight}; font-display: swap;`
    + ` src: url(fonts/${name}) format("woff2"); }\n`;
}
await writeFile(`${out}fonts.css`, css);

// KaTeX's style sheet names each font as woff2, woff and ttf; every browser that the studio supports reads woff2.
const katex = "node_modules/katex/dist/";
const withoutOlderFonts = (await readFile(`${katex}katex.min.css`, "utf8")).replace(/,url\([^)]*\.(?:woff|ttf)\) format\("[^"]*"\)/g, "");
await writeFile(`${out}katex.css`, withoutOlderFonts);
for (const name of await readdir(`${katex}fonts`)) {
  if (name.endsWith(".woff2")) await cp(`${katex}fonts/${name}`, `${out}fonts/${name}`);
}

const { dependencies } = JSON.parse(await readFile("package.json", "utf8"));
console.log(`built ${Object.keys(dependencies).length} packages into static/vendor`);
