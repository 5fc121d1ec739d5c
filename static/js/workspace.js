// The workspace of a deal; each behaviour is a file of its own.
import "./inline-edit.js";
import "./mentions.js";
import "./reveal.js";
import "./answer-dialog.js";
