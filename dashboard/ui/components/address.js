// When Streamlit removes a setting from the address, it adds a history entry, so that Back would lead to the same page again.
// So a new address of the same page replaces the current history entry.
function oneEntryPerPage() {
    const push = history.pushState.bind(history);
    const samePage = (url) => new URL(url ?? "", location.href).pathname === location.pathname;
    history.pushState = (state, title, url) =>
        samePage(url) ? history.replaceState(state, title, url) : push(state, title, url);
    history.oneEntryPerPage = true; // this script runs on every page, but patches the history once
}

export default function ({ parentElement }) {
    if (!history.oneEntryPerPage) oneEntryPerPage();
    const button = parentElement.querySelector("button");

    function say(text) {
        button.textContent = text;
        setTimeout(() => {
            button.textContent = "Copy link";
        }, 1500);
    }

    button.onclick = () => {
        // Over plain HTTP browsers have no clipboard, and a person may forbid it: then they copy the link by hand.
        const copied = navigator.clipboard?.writeText(location.href) ?? Promise.reject();
        copied.then(
            () => say("Copied"),
            () => prompt("The link to this view:", location.href),
        );
    };
}
