import './tokens.css';
import './styles/base.css';
import './styles/frame.css';
import './styles/controls.css';
import './styles/marks.css';
import './styles/table.css';
import './styles/rows.css';
import './styles/player.css';
import './styles/facts.css';
import './styles/messages.css';
import './styles/narrow.css';
import { mount } from 'svelte';
import App from './App.svelte';

const target = document.getElementById('app');
if (target) mount(App, { target });
