// The glossary: a dialog with all terms, opened by its button or by any link on the page that ends in a term's anchor. It asks
// nothing of the server. Words from the server are inserted as text, never as HTML.

let opens = null;

const made = (tag, text = "") => Object.assign(document.createElement(tag), { textContent: text });

function entry({ name, text, source, anchor }) {
    const part = made("div");
    part.dataset.anchor = anchor;
    const meaning = made("dd", text);
    if (source) {
        const link = Object.assign(made("a", "Read on"), { href: source, target: "_blank", rel: "noopener noreferrer" });
        link.setAttribute("aria-label", `Read on about ${name}`);
        meaning.append(" ", link);
    }
    part.append(made("dt", name), meaning);
    return part;
}

function narrow(list, words) {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    for (const part of list.children) {
        const text = `${part.textContent} ${part.dataset.others}`.toLowerCase();
        part.hidden = !wanted.every((word) => text.includes(word));
    }
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
    dialog.onclick = (event) => event.target === dialog && dialog.close(); // a click beside it

    if (opens) document.removeEventListener("click", opens, true); // this script runs on every page
    opens = (event) => {
        const link = event.composedPath().find((each) => each.tagName === "A");
        const anchor = link?.getAttribute("href")?.match(/^#(term-[\w-]+)$/)?.[1];
        if (!anchor) return;
        event.preventDefault();
        event.stopPropagation();
        open(anchor);
    };
    document.addEventListener("click", opens, true);
}
