// Streamlit calls a component's script again for new data, and the clean-up that it returned only when the component goes. So
// what listens and watches is stopped here before it starts anew.

const stops = new WeakMap();

// `start` gives back what stops it. `parentElement` stays the same for as long as the component is on the page.
export function anew(parentElement, start) {
    stops.get(parentElement)?.();
    stops.delete(parentElement);
    const stop = start();
    if (stop) stops.set(parentElement, stop);
    return stop;
}
