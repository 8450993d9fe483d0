// Sets a cookie for a year that says that the welcome was read. `data` is its name.
export default function ({ data }) {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs HTTPS, which a dashboard on a home network may lack
    document.cookie = `${data}=1; max-age=31536000; path=/; SameSite=Lax`;
}
