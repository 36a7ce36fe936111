// One attention head: where a chosen token looks, as arcs. State: lenses/attention.py. Settings: layer, head, token (−1 is the last), off (the
// heads that are switched off, as in attention_off.js, which shows what comes of it).

import { switchedOff, turned } from "./attention_off.js";
import { h, s } from "../kit/dom.js";
import { plot, text } from "../kit/draw.js";
import { fit, fixed, shown } from "../kit/format.js";
import { lens, or } from "../kit/lens.js";
import { clamp, range } from "../kit/scale.js";

const START = { layer: 0, head: 0, token: -1, off: "" };
const PLACES = { previous: "the token before", first: "the first token", itself: "the token itself", induction: "what came after the same token before" };

/** The layer, head and token that are meant, within what there is. */
export function chosen({ state, settings }) {
  const layer = clamp(settings.layer, 0, state.pattern.length - 1);
  const head = clamp(settings.head, 0, state.pattern[layer].length - 1);
  const time = state.labels.length;
  const token = settings.token < 0 ? time - 1 : clamp(settings.token, 0, time - 1);
  return { layer, head, token, row: state.pattern[layer][head][token], time };
}

/** In words, where most of a head's attention goes over the whole text; as `AttentionTrace.describe`. */
export function describe(state, layer, head) {
  const shares = Object.keys(PLACES).map((place) => [place, state[place][layer][head] ?? -1]);
  const [place, share] = shares.reduce((best, one) => (one[1] > best[1] ? one : best));
  if (share >= 0.5) return PLACES[place];
  return state.entropy[layer][head] >= 0.95 * state.even[layer] ? "all evenly" : "";
}

function draw(context) {
  const { state, settings, width, put, see } = context;
  const { layer, head, token, row, time } = chosen(context);
  const isOff = switchedOff(settings).has(`${layer}.${head}`);
  const order = range(time).filter((at) => row[at] > 0).sort((a, b) => row[b] - row[a]);
  const wide = width / time >= 30;
  const masked = (at) => at > token && row[at] === 0;
  const box = (x, y, w, at) => s("g", { "data-at": at, class: masked(at) ? "dead" : "" },
    s("rect", { class: `tokbox${at === token ? " on" : ""}`, x, y, width: w, height: 32, rx: 3 }),
    text(x + w / 2, y + 21, fit(state.labels[at], w - 4), `val mid ${at === token ? "onm" : "strong"}`));
  const arc = (at, d) => s("path", { class: "arc", "data-at": at, "stroke-opacity": (0.35 + 0.65 * Math.sqrt(row[at])).toFixed(2), "stroke-width": (0.6 + 13 * row[at]).toFixed(1), d });
  const narrow = wide && width / time < 54;
  const value = (at) => (masked(at) ? (narrow ? "–" : "masked") : fixed(row[at]));
  const said = (at) => (at === order[0] || at === order[1] ? " b" : "");
  let picture;
  if (wide) {
    const step = width / time;
    const middle = (at) => step * (at + 0.5);
    const top = 214;
    picture = plot(width, 282,
      order.filter((at) => row[at] >= 0.01).map((at) => {
        const rise = 40 + 240 * (Math.abs(at - token) / Math.max(1, time - 1));
        return at === token
          ? arc(at, `M${middle(at) - 8} ${top}C${middle(at) - 22} ${top - 46} ${middle(at) + 22} ${top - 46} ${middle(at) + 8} ${top}`)
          : arc(at, `M${middle(token)} ${top}C${middle(token)} ${top - rise} ${middle(at)} ${top - rise} ${middle(at)} ${top}`);
      }),
      range(time).map((at) => box(step * at + 2, top + 4, step - 4, at)),
      range(time).map((at) => text(middle(at), top + 58, value(at), `${narrow ? "tick strong" : "val"} mid${said(at)}`)));
  } else {
    const left = Math.min(150, width * 0.36);
    const across = Math.min(150, width - left - 76);
    const middle = (at) => 38 * at + 18;
    picture = plot(width, 38 * time + 4,
      order.filter((at) => row[at] >= 0.01).map((at) => {
        const reach = left - 16 - (left - 40) * (Math.abs(at - token) / Math.max(1, time - 1));
        return at === token
          ? arc(at, `M${left} ${middle(at) - 7}C${left - 36} ${middle(at) - 18} ${left - 36} ${middle(at) + 18} ${left} ${middle(at) + 7}`)
          : arc(at, `M${left} ${middle(token)}C${reach - 30} ${middle(token)} ${reach - 30} ${middle(at)} ${left} ${middle(at)}`);
      }),
      range(time).map((at) => box(left + 4, 38 * at + 2, across, at)),
      range(time).map((at) => text(left + across + 66, middle(at) + 5, value(at), `val end${said(at)}`)));
  }
  const [most, next] = order.map((at) => [shown(state.labels[at]), fixed(row[at])]);
  const whole = describe(state, layer, head);
  const sentence = `At ${shown(state.labels[token])}, layer ${layer} head ${head} puts ${most[1]} of its attention on ${most[0]}${next ? ` and ${next[1]} on ${next[0]}` : ""}.`;
  return {
    picture, label: sentence,
    told: ["At ", h("mark", {}, shown(state.labels[token])), `, this head puts ${most[1]} of its attention on `, h("em", {}, most[0]),
      next ? [` and ${next[1]} on `, h("em", {}, next[0])] : "", ".", whole ? ` Over the whole text most goes to ${whole}.` : "", isOff ? " It is switched off now." : ""],
    controlsKey: `${layer} ${head} ${settings.off}`,
    tools: () => [see ? h("button", { class: "btn sm", type: "button", onclick: () => put({ off: turned(settings, layer, head) }) }, isOff ? "Switch on" : "Switch off") : "",
      h("button", { class: "btn sm bare", type: "button", "aria-label": "Previous head", onclick: () => put(stepped(state, layer, head, -1)) }, "←"),
      h("button", { class: "btn sm bare", type: "button", "aria-label": "Next head", onclick: () => put(stepped(state, layer, head, 1)) }, "→")],
    scale: see ? ["a look is not yet a reason: ", h("button", { class: "link", type: "button", onclick: () => { if (!isOff) put({ off: turned(settings, layer, head) }); see(); } }, isOff ? "see what is lost" : "switch it off and see")]
      : "a look is not yet a reason",
  };
}

/** The next head, or the previous one; after the last of a layer comes the first of the next. */
function stepped(state, layer, head, by) {
  const all = state.pattern.flatMap((heads, l) => heads.map((_, n) => [l, n]));
  const at = all.findIndex(([l, n]) => l === layer && n === head);
  const [newLayer, newHead] = all[(at + by + all.length) % all.length];
  return { layer: newLayer, head: newHead };
}

function press(key, context) {
  const { layer, head, token, time } = chosen(context);
  const way = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[key];
  if (way) context.put({ token: clamp(token + way, 0, time - 1) });
  else if (key === "Home" || key === "End") context.put({ token: key === "Home" ? 0 : time - 1 });
  else if (key === "h" || key === "H") context.put(stepped(context.state, layer, head, key === "h" ? 1 : -1));
  else if ((key === "o" || key === "O") && context.see) context.put({ off: turned(context.settings, layer, head) });
  else return false;
  return true;
}

function hint(place, context) {
  const { row, token } = chosen(context);
  const { state } = context;
  const at = Number(place);
  return at > token && row[at] === 0 ? `${shown(state.labels[at])}, token ${at}: masked, it comes later` : `${shown(state.labels[token])} → ${shown(state.labels[at])}, token ${at}: ${fixed(row[at], 3)}`;
}

function table(context) {
  const { layer, head, token, row } = chosen(context);
  const { state } = context;
  return { caption: `Layer ${layer}, head ${head}: the attention of “${shown(state.labels[token])}”.`, head: ["token", "place", "share"],
    rows: state.labels.map((label, at) => [shown(label), at, or(row[at])]) };
}

export default {
  render: ({ model, el }) => lens(el, model, {
    name: (context) => { const { layer, head } = chosen(context); return `One head: layer ${layer}, head ${head}`; },
    keys: [[["←", "→"], "token"], [["H"], "head"]], start: START, draw, table, press, hint,
    pick: (place, { put }) => put({ token: Number(place) }),
  }),
};
