#!/usr/bin/env node
import './compile-cache.mjs';

await import('../bundle/ringtail.js');
