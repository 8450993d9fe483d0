"""Files to take away: pictures, raw maps, settings, and a report. Knows no Streamlit."""
