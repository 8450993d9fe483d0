// Undo, redo and reset. Every setting is in the address, so the browser alone can do it: this script watches the address,
// keeps the settings of earlier moments, and returns to them as Back does, upon which Streamlit gives each widget the
// address's value. The settings are kept for this tab, until it is closed.
//
// Back itself is for pages. People expect it to leave a page, and it would take them a press for each step of a slider to do
// so. So a new setting replaces the page's entry in the browser's history, and Back shows the previous page as it was left.

import { keep, recall } from "./tab_storage.js";

const KEPT = "settings of earlier moments"; // in the tab's storage, which outlives a reload
const MOST = 100; // steps to undo
const QUICK = 1000; // milliseconds: numbers of one setting that follow each other faster are one step, as when a slider moves
const RUNS = "data-test-script-state"; // Streamlit's word for whether the page is being drawn, on the element around it

const params = (settings) => new URLSearchParams(settings);

// The settings in which two moments differ.
function differing(before, after) {
    const [one, other] = [params(before), params(after)];
    return [...new Set([...one.keys(), ...other.keys()])].filter((key) => one.get(key) !== other.get(key));
}

// What the settings in which two moments differ are called; `names` are those that the address calls otherwise.
function named(before, after, names) {
    const words = differing(before, after).map((key) => names[key] ?? key.replaceAll("_", " "));
    return words.length > 2 ? `${words.length} settings` : words.sort().join(" and ");
}

const isNumber = (text) => text === null || (text.trim() !== "" && Number.isFinite(Number(text)));

class Steps {
    past = [];
    future = [];
    // Until the page has been drawn, what the server changes belongs to the last step, such as a method that the new model
    // lacks. `redo` is what could be redone before that step.
    open = {};
    moved = null; // the number that changed last, and when
    said = ""; // what undo, redo or reset did last
    left = location.href; // the page's address as a person would leave it: as it was drawn, or with what they changed since

    // `aside` are parameters that are no settings: undo leaves them as they are.
    constructor({ aside, names }) {
        this.aside = aside;
        this.names = names;
        this.present = this.read();
        const kept = JSON.parse(recall(KEPT) ?? "{}");
        if (kept.present === this.present) Object.assign(this, kept);
    }

    read() {
        const settings = params(location.search);
        for (const key of this.aside) settings.delete(key);
        settings.sort();
        return settings.toString();
    }

    // Takes up a change of the address, which a person's widget made or the server.
    noticed(byPerson) {
        const now = this.read();
        if (now === this.present) return;
        const continues = this.continues(now);
        if (continues || byPerson || !this.open) this.said = "";
        if (continues) {
            this.open ??= {};
        } else if (byPerson || !this.open) {
            this.past = [...this.past, this.present].slice(-MOST);
            this.open = { redo: this.future };
            this.future = [];
        }
        this.present = now;
        this.show();
    }

    // Whether the change to the settings `now` goes on with the last step: the same number, and quickly.
    continues(now) {
        const [key, ...others] = differing(this.present, now);
        const numbers = [this.present, now].every((settings) => isNumber(params(settings).get(key)));
        const last = this.moved;
        this.moved = numbers && others.length === 0 ? { key, at: performance.now() } : null;
        return last !== null && this.moved?.key === last.key && this.moved.at - last.at < QUICK;
    }

    // The page has been drawn. A step that changed nothing in the end is forgotten, such as a model that did not open.
    rested() {
        this.left = location.href;
        if (this.past.at(-1) === this.present) {
            this.past.pop();
            this.future = this.open?.redo ?? this.future;
        }
        if (this.future.at(-1) === this.present) this.future.pop();
        this.open = null;
        this.show();
    }

    undo() {
        this.pass(this.past, this.future, "Undone");
    }

    redo() {
        this.pass(this.future, this.past, "Redone");
    }

    pass(from, to, done) {
        if (from.length === 0) return;
        to.push(this.present);
        this.go(from.pop(), done);
    }

    // Goes to the first values of all settings but `stay`.
    reset(stay) {
        const wanted = this.without(stay);
        if (wanted === this.present) return;
        this.past = [...this.past, this.present].slice(-MOST);
        this.future = [];
        this.go(wanted, "Reset");
    }

    without(stay) {
        return params([...params(this.present)].filter(([key]) => stay.includes(key))).toString();
    }

    // Shows the page with these settings.
    go(wanted, done) {
        this.said = `${done}: ${named(this.present, wanted, this.names)}`;
        this.open = {};
        this.moved = null;
        this.present = wanted;
        const address = new URL(location.href);
        const beside = [...address.searchParams].filter(([key]) => this.aside.includes(key));
        address.search = params([...params(wanted), ...beside]);
        history.replaceState(history.state, "", address);
        dispatchEvent(new PopStateEvent("popstate", { state: history.state }));
        this.show();
    }

    // Has the row show what can be undone now.
    show() {
        this.row?.();
    }

    // Keeps the steps for when the page is loaded anew: it takes the browser too long to do so at each step of a slider.
    keep() {
        const { past, present, future } = this;
        keep(KEPT, JSON.stringify({ past, present, future }));
    }
}

// Tells of every change of the address. Streamlit replaces the history's entry when a person changes a widget, and adds one
// when the server changes the address: this adds none, as long as the page stays the same.
function watch(steps) {
    const push = history.pushState.bind(history);
    const replace = history.replaceState.bind(history);
    const samePage = (url) => new URL(url ?? "", location.href).pathname === location.pathname;
    history.pushState = (state, title, url) => {
        // While the next page is on its way, the server may take settings out of this one's address and put them back later.
        const { left } = steps;
        if (!samePage(url) && samePage(left)) replace(history.state, "", left);
        (samePage(url) ? replace : push)(state, title, url);
        steps.noticed(false);
    };
    history.replaceState = (state, title, url) => {
        replace(state, title, url);
        steps.left = location.href;
        steps.noticed(true);
    };
    addEventListener("popstate", () => {
        steps.moved = null; // Back is a step of its own, however quickly it follows
        steps.left = location.href;
        steps.noticed(true);
    });
    addEventListener("keydown", (event) => pressed(event, steps));
    addEventListener("pagehide", () => steps.keep());
    const app = document.querySelector(`[${RUNS}]`);
    const look = () => app.getAttribute(RUNS) === "notRunning" && steps.rested();
    new MutationObserver(look).observe(app, { attributeFilter: [RUNS] });
    look(); // the page may have been drawn before this script came
}

// A box whose list is closed holds a choice and no text; in any other field these keys are for what is typed there.
function typing(event) {
    const [field] = event.composedPath();
    if (field.getAttribute?.("role") === "combobox") return field.getAttribute("aria-expanded") === "true";
    return field.isContentEditable || field.matches?.("textarea, input:not([type=range], [type=checkbox], [type=radio])");
}

function pressed(event, steps) {
    const key = event.key?.toLowerCase(); // filling in a field sends a key without a name
    if (!(event.ctrlKey || event.metaKey) || event.altKey || !["z", "y"].includes(key) || typing(event)) return;
    event.preventDefault();
    if (key === "z" && !event.shiftKey) steps.undo();
    else steps.redo();
}

function mark(button, title, able) {
    button.setAttribute("aria-disabled", !able); // a disabled button would lose the focus as soon as it has nothing to do
    button.title = title;
}

// `data.stay` are the settings that Reset leaves as they are, `data.reset` says what it does.
export default function ({ data, parentElement }) {
    // This function runs for every page, but one pair of eyes is enough.
    if (!history.steps) {
        history.steps = new Steps(data);
        watch(history.steps);
    }
    const steps = history.steps;
    const [undo, redo, reset] = parentElement.querySelectorAll("button");
    const status = parentElement.querySelector("[role=status]");
    undo.onclick = () => steps.undo();
    redo.onclick = () => steps.redo();
    reset.onclick = () => steps.reset(data.stay);
    steps.row = () => {
        const { past, present, future } = steps;
        const about = (there, none) => (there === undefined ? none : named(present, there, steps.names));
        mark(undo, `Undo: ${about(past.at(-1), "nothing to undo")} (Ctrl+Z)`, past.length > 0);
        mark(redo, `Redo: ${about(future.at(-1), "nothing to redo")} (Ctrl+Shift+Z)`, future.length > 0);
        mark(reset, data.reset, steps.without(data.stay) !== present);
        status.textContent = steps.said;
    };
    steps.row();
}
