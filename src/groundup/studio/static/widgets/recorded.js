// The reference run that came with groundup: what a widget draws before a model of one's own has answered. Its numbers were
// recorded at some settings, and only for these it can answer. The files are made by studio/make_fixtures.py.

const read = new Map();

/** { settings, state, answers } of a widget. */
export function fixture(name) {
  if (!read.has(name)) {
    read.set(name, fetch(new URL(`./fixtures/${name}.json`, import.meta.url)).then((answer) => {
      if (!answer.ok) throw new Error(`There is no fixture of ${name}.`);
      return answer.json();
    }));
  }
  return read.get(name);
}

/** The state at those settings; null where that was not recorded. */
export function recorded({ settings, state, answers = [] }, asked) {
  const usual = (name) => settings[name] ?? state[name];
  const found = answers.find((one) => Object.entries(one.for).every(([name, value]) => (asked[name] ?? usual(name) ?? "") === value));
  const others = Object.keys(asked).filter((name) => !answers.some((one) => name in one.for));
  if (others.some((name) => asked[name] !== "" && usual(name) !== undefined && asked[name] !== usual(name))) return null;
  if (others.some((name) => asked[name] !== "" && usual(name) === undefined)) return null;
  if (!answers.length) return state;
  return found ? { ...state, ...found.state } : null;
}

export const NOT_RECORDED = "The reference run was recorded at other settings only. A run of your own answers at all.";
