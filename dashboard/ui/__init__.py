"""Everything that touches Streamlit, apart from the pages themselves."""
