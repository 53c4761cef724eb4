<?php
// What a request asks for in ?do=.
switch ($_GET['do'] ?? 'ok') {
case 'slow':
    usleep(1000 * (int)($_GET['ms'] ?? 2000));
    break;
case 'die':
    exec('kill -9 ' . getmypid());
    break;
case 'cut':
    echo str_repeat("lab data\n", 1000);
    flush();
    usleep(100000);
    exec('kill -9 ' . getmypid());
    break;
case 'stuck':
    echo str_repeat("lab data\n", 1000);
    flush();
    sleep(4);
    break;
case 'fatal':
    nowhere();
    break;
case 'missing':
    http_response_code(404);
    break;
case 'moved':
    header('Location: http://lab.example/');
    break;
case 'large':
    echo str_repeat("lab data\n", 1000);
    break;
case 'large-head':
    for ($i = 0; $i < 40; $i++)
        header("X-Lab-$i: " . str_repeat('x', 200));
    break;
case 'read':
    echo strlen(file_get_contents('php://input'));
    break;
}
echo "ok\n";
