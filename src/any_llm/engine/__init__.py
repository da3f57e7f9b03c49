"""How it is put together: settings, order, plug-ins, dispatch."""
