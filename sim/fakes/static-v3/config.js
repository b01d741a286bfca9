window.__CONFIG_JS__ = @CONFIG@
