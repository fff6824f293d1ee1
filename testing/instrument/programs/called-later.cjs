module.exports = { calledLater: () => 'late' };
