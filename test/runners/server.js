// An application for pm2.
const express = require('express');

const app = express();
app.get('/orders/:id', (request, response) => void response.json(request.params.id));
app.listen(Number(process.env.PORT), '127.0.0.1', () => process.send('ready'));
