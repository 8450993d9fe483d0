"""The one way in, for people and for hosting services: `streamlit run streamlit_app.py`.

Streamlit reads this file twice over. It finds the line `app = st.App(...)`, imports the file as a module and serves that app;
then, for every visit and every click, it runs the same file as a script, whose name is `__main__`.
"""

from pathlib import Path

if __name__ == "__main__":
    from dashboard.ui.front_door import open_page

    open_page(Path(__file__).with_name("pages"))
else:
    import streamlit as st
    from starlette.middleware import Middleware

    from dashboard.ui.doors import Doors
    from dashboard.ui.serving import prepare, warmed

    prepare()
    app = st.App(Path(__file__), lifespan=warmed, middleware=[Middleware(Doors)])
