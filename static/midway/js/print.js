"use strict";
// The button of a printable page; without a script the browser's own menu prints it.
{
  const button = document.getElementById("print");
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
