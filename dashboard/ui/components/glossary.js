// The glossary: a dialog with all terms, opened by its button, by any link on the page that ends in a term's anchor, and by a
// click on a chart's text that names one. It asks nothing of the server. Words from the server are inserted as text, never as HTML.

import { made } from "./made.js";

let opens = null;

function entry({ name, text, source, anchor }) {
    const part = made("div");
    part.dataset.anchor = anchor;
    const meaning = made("dd", "", text);
    if (source) {
        const link = Object.assign(made("a", "", "Read on"), { href: source, target: "_blank", rel: "noopener noreferrer" });
        link.setAttribute("aria-label", `Read on about ${name}`);
        meaning.append(" ", link);
    }
    part.append(made("dt", "", name), meaning);
    return part;
}

function narrow(list, words) {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    for (const part of list.children) {
        const text = `${part.textContent} ${part.dataset.others}`.toLowerCase();
        part.hidden = !wanted.every((word) => text.includes(word));
    }
}

// A chart's own texts can't be links, as its files have them too. They let clicks through, so the place decides.
function textAt(chart, { clientX, clientY }) {
    const texts = chart.querySelectorAll(".infolayer text, .xtick text, .ytick text"); // titles and ticks
    return [...texts].find((each) => {
        const { left, right, top, bottom } = each.getBoundingClientRect();
        return clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
    })?.textContent;
}

// The term that comes first in a text; of two that begin at the same place, the longer one.
function termIn(terms, text) {
    const words = terms.flatMap(({ name, others, anchor }) => [name, ...others].map((word) => ({ word, anchor })));
    const found = words.map(({ word, anchor }) => {
        const exact = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
        return { anchor, length: word.length, at: text.search(new RegExp(`(?<![\\w-])${exact}(?![\\w+-])`, "i")) };
    });
    const [first] = found.filter(({ at }) => at >= 0).sort((one, two) => one.at - two.at || two.length - one.length);
    return first?.anchor;
}

// The dialog's own element receives what is pressed beside it, too.
function beside(dialog, { clientX, clientY }) {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    return clientX < left || clientX > right || clientY < top || clientY > bottom;
}

// `data` holds the terms.
export default function ({ data, parentElement }) {
    const [button, dialog] = ["button.open", "dialog"].map((each) => parentElement.querySelector(each));
    const [search, list] = ["input", "dl"].map((each) => dialog.querySelector(each));
    if (!list.children.length) {
        for (const term of data) {
            const part = entry(term);
            part.dataset.others = term.others.join(" ");
            list.append(part);
        }
    }

    function open(anchor = "") {
        search.value = "";
        narrow(list, "");
        dialog.showModal();
        for (const part of list.children) part.classList.toggle("asked", part.dataset.anchor === anchor);
        const asked = list.querySelector(".asked");
        if (asked) asked.scrollIntoView({ block: "center" });
        else list.scrollTop = 0;
    }

    button.onclick = () => open();
    search.oninput = () => narrow(list, search.value);
    dialog.querySelector("button").onclick = () => dialog.close();
    dialog.onpointerdown = (event) => beside(dialog, event) && dialog.close();

    if (opens) document.removeEventListener("click", opens, true); // this script runs on every page
    opens = (event) => {
        const path = event.composedPath();
        const link = path.find((each) => each.tagName === "A");
        const chart = path.find((each) => each.classList?.contains("js-plotly-plot"));
        const text = chart && textAt(chart, event);
        const anchor = text ? termIn(data, text) : link?.getAttribute("href")?.match(/^#(term-[\w-]+)$/)?.[1];
        if (!anchor) return;
        event.preventDefault();
        event.stopPropagation();
        open(anchor);
    };
    document.addEventListener("click", opens, true);

    const asked = location.hash.match(/^#(term-[\w-]+)$/)?.[1]; // a link that was followed before this script was here
    if (!asked) return;
    history.replaceState(history.state, "", location.pathname + location.search);
    open(asked);
}
