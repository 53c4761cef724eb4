<?php
// What a request asks for in ?do=.
switch ($_GET['do'] ?? 'ok') {
case 'slow':
    sleep(2);
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
case 'missing':
    http_response_code(404);
    break;
case 'large':
    echo str_repeat("lab data\n", 1000);
    break;
}
echo "ok\n";
