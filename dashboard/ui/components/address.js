// Streamlit takes a setting that the open page does not have out of the address, as a history entry of its own: Back would
// land on the same page again. So an address of the page that is open already takes its entry's place.
function oneEntryPerPage() {
    const push = history.pushState.bind(history);
    const samePage = (url) => new URL(url ?? "", location.href).pathname === location.pathname;
    history.pushState = (state, title, url) =>
        samePage(url) ? history.replaceState(state, title, url) : push(state, title, url);
    history.oneEntryPerPage = true; // the script runs anew with every page
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
        // A page that came by HTTP has no clipboard, and a person may forbid it: then they copy the link by hand.
        const copied = navigator.clipboard?.writeText(location.href) ?? Promise.reject();
        copied.then(
            () => say("Copied"),
            () => prompt("The link to this view:", location.href),
        );
    };
}
