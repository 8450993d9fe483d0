// The browser remembers for a year that the welcome was read. `data` is the cookie's name.
export default function ({ data }) {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is there by HTTPS alone, and the dashboard may be at home
    document.cookie = `${data}=1; max-age=31536000; path=/; SameSite=Lax`;
}
