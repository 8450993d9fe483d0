// The address of the current view, with the token of the photo that its owner put into the link.
function link(own) {
    const url = new URL(location.href);
    if (own) url.searchParams.set("own", own);
    return url.href;
}

function copy(button, text) {
    function say(words) {
        button.textContent = words;
        setTimeout(() => {
            button.textContent = "Copy link";
        }, 1500);
    }

    // Over plain HTTP browsers have no clipboard, and a person may forbid it: then they copy the link by hand.
    const copied = navigator.clipboard?.writeText(text) ?? Promise.reject();
    copied.then(
        () => say("Copied"),
        () => prompt("The link to this view:", text),
    );
}

// Called when the component comes, and with new data.
export default function ({ data, parentElement, setTriggerValue }) {
    const button = parentElement.querySelector(".copy");
    const question = parentElement.querySelector("[role=group]");
    const [include, without] = question.querySelectorAll("button");
    question.querySelector("p").textContent = data.question;
    question.setAttribute("aria-label", data.question);
    if (!data.asks) {
        if (question.contains(parentElement.activeElement)) button.focus();
        question.hidden = true;
    }

    if (button.dataset.waits && data.own) {
        delete button.dataset.waits;
        copy(button, link(data.own)); // the server has the photo now
    }
    button.onclick = () => {
        delete button.dataset.waits;
        if (!data.asks) return copy(button, link(""));
        question.hidden = false;
        question.scrollIntoView({ block: "nearest" });
        include.focus({ preventScroll: true });
    };
    include.onclick = () => {
        button.dataset.waits = "yes";
        setTriggerValue("include", true);
    };
    without.onclick = () => {
        delete button.dataset.waits;
        question.hidden = true;
        copy(button, link(""));
        button.focus();
    };
}
