// On a small screen the options are folded below their maps when the page comes. What a person unfolds then stays so.

const SMALL = window.matchMedia("(max-width: 640px)");
const done = new WeakSet(); // where this has been drawn before

// `data` holds the keys of the expanders. They may be drawn a moment later than this.
function fold(keys, tries = 60) {
    const open = keys.map((key) => document.querySelector(`.st-key-${key} details`));
    if (open.some((details) => !details) && tries) requestAnimationFrame(() => fold(keys, tries - 1));
    else for (const details of open) if (details?.open) details.querySelector("summary").click();
}

export default function ({ data, parentElement }) {
    if (done.has(parentElement)) return; // called with other keys of expanders
    done.add(parentElement);
    if (SMALL.matches) fold(data);
}
