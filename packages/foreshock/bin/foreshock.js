#!/usr/bin/env node
// npm links and marks executable what is there when it installs: in a clone, that is before the first build.
import '../dist/bin.js';
