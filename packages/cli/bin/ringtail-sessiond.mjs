#!/usr/bin/env node
await import(import.meta.resolve('@ringtail/sessiond/main'));
