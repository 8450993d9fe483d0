"""What everybody needs who asks for many explanations: the pages, a notebook, a batch job. Knows no Streamlit."""
