// Loaded on the board only; each behaviour is a file of its own.
import "./board-columns.js";
import "./board-drag.js";
import "./board-keyboard.js";
import "./board-menu.js";
import "./board-return.js";
import "./board-waive.js";
import "./board-live.js";
