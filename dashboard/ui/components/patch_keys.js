const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// `data` holds the picture's key, its number of rows and columns of patches, and the row and column of the chosen patch.
export default function ({ data, setTriggerValue }) {
    const picture = document.querySelector(`.st-key-${data.picture}`);
    if (!picture) return;
    let { row, column } = data;

    // Sends the patch's new position, not the step: of several quick key presses the server may get only the last.
    function pressed(event) {
        const step = steps[event.key];
        if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        const to = [row + step[0], column + step[1]];
        if (to[0] < 0 || to[0] >= data.rows || to[1] < 0 || to[1] >= data.columns) return;
        [row, column] = to;
        setTriggerValue("moved", row * data.columns + column + 1);
    }

    // Plotly prevents a click from moving the focus, so this does.
    const focus = () => picture.focus({ preventScroll: true });

    picture.tabIndex = 0;
    picture.setAttribute("role", "group");
    picture.setAttribute("aria-label", "The photo's patches: arrow keys move the chosen one");
    picture.addEventListener("keydown", pressed);
    picture.addEventListener("click", focus);
    return () => {
        picture.removeEventListener("keydown", pressed);
        picture.removeEventListener("click", focus);
    };
}
