// What a screen reader says, where Streamlit's own markup falls short. Streamlit writes its markup anew whenever it draws a
// control, hence the observer.

let watching = null;

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

// The place for uploads has a name and may get the focus, so it can't have the role of something without meaning.
function nameUploads() {
    for (const place of document.querySelectorAll("[role=presentation][aria-label]")) place.setAttribute("role", "group");
}

// Code that is wider than a phone scrolls, so keys must reach it.
function reachCode() {
    for (const code of document.querySelectorAll("pre:not([tabindex])")) code.tabIndex = 0;
}

export default function ({ data }) {
    let due = false;
    const later = () => {
        if (due) return;
        due = true;
        requestAnimationFrame(() => {
            due = false;
            nameSides(data);
            nameUploads();
            reachCode();
        });
    };
    watching?.disconnect(); // this script runs on every page
    watching = new MutationObserver(later);
    watching.observe(document.body, { subtree: true, childList: true, attributeFilter: ["aria-label", "role"] });
    later();
}
