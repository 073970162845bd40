import { render } from 'preact';
import { App } from './frame/app.tsx';
import { listenForChanges } from './live/changes.ts';

listenForChanges();
render(<App />, document.body);
