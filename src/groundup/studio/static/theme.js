// The theme that was chosen, before anything is painted. No module: those run later.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch { /* storage is off: the system's choice holds */ }
