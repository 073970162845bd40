document.body.textContent = 'Foreshock';
