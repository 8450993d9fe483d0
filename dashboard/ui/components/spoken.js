// What a screen reader says, where Streamlit's own markup falls short. Streamlit writes its markup anew whenever it draws a
// control, hence the observer.

let watching = null;
let ids = 0;

const say = (element, name) => element.getAttribute("aria-label") !== name && element.setAttribute("aria-label", name);

// Both sides have controls with the same words: "Class to explain", "Discard ratio". Each stands on its own side of the page,
// which a person who listens doesn't see, and Streamlit has one text for what is seen and what is said. So the spoken name
// begins with the side. `sides` holds a prefix of keys ("left_") and the word for it ("Left") for each side.
function nameSides(sides) {
    for (const [prefix, word] of Object.entries(sides)) {
        for (const place of document.querySelectorAll(`[class*="st-key-${prefix}"]`)) {
            for (const control of place.querySelectorAll("[aria-label]")) {
                const name = control.getAttribute("aria-label");
                if (!name.startsWith(word)) control.setAttribute("aria-label", `${word}: ${name}`);
            }
        }
    }
}

// A term in a label is a link to the glossary, which Streamlit writes into the spoken name as Markdown.
function nameTerms() {
    for (const control of document.querySelectorAll('[aria-label*="](#term-"]')) {
        const name = control.getAttribute("aria-label");
        control.setAttribute("aria-label", name.replace(/\[([^\]]+)\]\(#term-[\w-]+\)/g, "$1"));
    }
}

// Streamlit calls the arrow of every box "Open", and every question mark beside a text "Help".
function nameButtons() {
    for (const box of document.querySelectorAll(".stSelectbox")) {
        const name = box.querySelector("input[aria-label]")?.getAttribute("aria-label");
        const arrow = box.querySelector("button[aria-haspopup=listbox]");
        if (name && arrow) say(arrow, `${name}: open`);
    }
    for (const mark of document.querySelectorAll('button[aria-label="Help"]')) {
        const text = mark.closest(".stMarkdown")?.textContent.trim();
        if (text) say(mark, `Help: ${text.slice(0, 80)}`);
    }
}

// Buttons with the same words in every row of a list: the spoken name ends in the row's own name, which is in bold.
function nameRows() {
    for (const row of document.querySelectorAll('[class*="st-key-row_"]')) {
        const name = row.querySelector("strong");
        for (const button of row.querySelectorAll("button:not([aria-label])")) {
            const words = button.querySelector("p");
            if (!name || !words) continue;
            name.id ||= `said_${++ids}`;
            words.id ||= `said_${++ids}`;
            button.setAttribute("aria-labelledby", `${words.id} ${name.id}`);
        }
    }
}

// The place for uploads has a name and may get the focus, so it can't have the role of something without meaning.
function nameUploads() {
    for (const place of document.querySelectorAll("[role=presentation][aria-label]")) place.setAttribute("role", "group");
}

// Code that is wider than a phone scrolls, so keys must reach it.
function reachCode() {
    for (const code of document.querySelectorAll("pre:not([tabindex])")) code.tabIndex = 0;
}

// A term may be a link in many places: the Tab key stops at the first that is seen, the mouse reaches all.
function stopOncePerTerm() {
    const stopped = new Set();
    for (const link of document.querySelectorAll('a[href^="#term-"]')) {
        if (!link.checkVisibility()) continue;
        const tabIndex = stopped.has(link.hash) ? -1 : 0;
        if (link.tabIndex !== tabIndex) link.tabIndex = tabIndex;
        stopped.add(link.hash);
    }
}

export default function ({ data }) {
    let due = false;
    const later = () => {
        if (due) return;
        due = true;
        requestAnimationFrame(() => {
            due = false;
            nameTerms();
            nameButtons();
            nameSides(data);
            nameRows();
            nameUploads();
            reachCode();
            stopOncePerTerm();
        });
    };
    watching?.disconnect(); // this script runs on every page
    watching = new MutationObserver(later);
    watching.observe(document.body, { subtree: true, childList: true, attributeFilter: ["aria-label", "role"] });
    later();
}
