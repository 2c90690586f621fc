-- 2000
SELECT id, name FROM users WHERE lower(email) = 'user4711@example55.org';
-- 400
SELECT id, name FROM users WHERE lower(email) = 'user99@example2.org' AND deleted_at IS NULL;
-- 200
SELECT id, email FROM users WHERE tenant_id = 7 AND deleted_at IS NULL ORDER BY created_at DESC LIMIT 20;
-- 60
SELECT count(*) FROM users WHERE tenant_id = 3 AND deleted_at IS NULL;
-- 30
SELECT id, email FROM users WHERE email LIKE 'User1234%';
-- 1500
SELECT user_id, expires_at FROM sessions WHERE token = 'f4f0d3f7b9e2b1a3b8b3b3e1a1a1a1a1';
-- 100
SELECT id, seen_at FROM sessions WHERE user_id = 777 ORDER BY seen_at DESC LIMIT 5;
-- 800
SELECT id, title, due FROM tasks WHERE assignee_id = 4243 AND status = 'open' AND deleted_at IS NULL ORDER BY due LIMIT 20;
-- 300
SELECT id, title, priority FROM tasks WHERE project_id = 12 AND status <> 'done' AND deleted_at IS NULL ORDER BY priority DESC LIMIT 50;
-- 300
SELECT status, count(*) FROM tasks WHERE project_id = 88 AND deleted_at IS NULL GROUP BY status;
-- 120
SELECT id, title FROM tasks WHERE tenant_id = 9 AND status = 'review' AND deleted_at IS NULL ORDER BY updated_at DESC LIMIT 25;
-- 60
SELECT count(*) FROM tasks WHERE tenant_id = 2 AND status = 'blocked' AND deleted_at IS NULL;
-- 50
SELECT id, title FROM tasks WHERE tenant_id = 1500 AND due < date '2024-03-01' AND status IN ('open', 'blocked');
-- 40
SELECT id, title, updated_at FROM tasks WHERE tenant_id = 4 ORDER BY updated_at DESC LIMIT 30;
-- 30
SELECT id FROM tasks WHERE title LIKE 'c4ca4238%';
-- 10
SELECT assignee_id, count(*) FROM tasks WHERE status = 'open' AND deleted_at IS NULL GROUP BY assignee_id ORDER BY count(*) DESC LIMIT 10;
-- 5
SELECT priority, count(*) FROM tasks WHERE due BETWEEN date '2024-02-01' AND date '2024-02-07' GROUP BY priority;
-- 900
SELECT id, body FROM comments WHERE task_id = 5005 ORDER BY created_at;
-- 200
SELECT c.id, c.body, u.name FROM comments c JOIN users u ON u.id = c.author_id WHERE c.task_id = 77 ORDER BY c.created_at DESC LIMIT 10;
-- 40
SELECT id, task_id FROM comments WHERE author_id = 1234 ORDER BY created_at DESC LIMIT 20;
-- 8
SELECT p.name, count(*) FROM projects p JOIN tasks t ON t.project_id = p.id WHERE p.tenant_id = 11 AND t.status = 'open' GROUP BY p.name;
-- 150
SELECT id, name FROM projects WHERE tenant_id = 5 AND NOT archived ORDER BY created_at DESC LIMIT 10;
-- 60
SELECT id, title FROM documents WHERE data @> '{"kind": "contract", "owner": 77}';
-- 80
SELECT id, title FROM documents WHERE data @> '{"tags": ["t333"]}' LIMIT 20;
-- 50
SELECT id, title FROM documents WHERE data ->> 'owner' = '4321';
-- 30
SELECT id, title FROM documents WHERE tenant_id = 40 ORDER BY id DESC LIMIT 20;
-- 100
SELECT id, kind, at FROM events WHERE tenant_id = 12 AND at >= timestamp '2024-11-01' ORDER BY at DESC LIMIT 50;
-- 20
SELECT id, at, payload FROM events WHERE kind = 'error' AND at >= timestamp '2024-12-01' ORDER BY at DESC LIMIT 100;
-- 15
SELECT kind, count(*) FROM events WHERE tenant_id = 800 GROUP BY kind;
-- 20
SELECT count(*) FROM events WHERE actor_id = 100 AND kind = 'login';
-- 80
SELECT id, number, amount FROM billing.invoices WHERE tenant_id = 6 AND state = 'unpaid' ORDER BY issued_at;
-- 120
SELECT id, amount, state FROM billing.invoices WHERE number = 'INV-00044444';
-- 10
SELECT i.number, sum(l.amount) FROM billing.invoices i JOIN billing.lines l ON l.invoice_id = i.id WHERE i.tenant_id = 20 AND i.issued_at >= date '2024-01-01' GROUP BY i.number;
-- 150
SELECT product, amount FROM billing.lines WHERE invoice_id = 4040;
-- 3
SELECT t.plan, sum(i.amount) FROM tenants t JOIN billing.invoices i ON i.tenant_id = t.id WHERE i.state = 'unpaid' GROUP BY t.plan;
-- 2
SELECT t.name, count(*) FROM tenants t JOIN users u ON u.tenant_id = t.id WHERE u.deleted_at IS NULL AND t.plan = 'large' GROUP BY t.name ORDER BY count(*) DESC LIMIT 20;
-- 3000
UPDATE sessions SET seen_at = timestamp '2024-12-31 23:00:00' WHERE id = 4711;
-- 1200
UPDATE tasks SET status = 'done', updated_at = timestamp '2024-12-31 23:00:00' WHERE id = 123456;
-- 600
UPDATE tasks SET priority = 4 WHERE id = 654321;
-- 200
UPDATE tasks SET deleted_at = timestamp '2024-12-31 23:00:00' WHERE id = 222222;
-- 100
UPDATE users SET name = 'renamed' WHERE id = 1717;
-- 80
UPDATE billing.invoices SET state = 'paid', paid_at = date '2024-12-31' WHERE id = 5050;
-- 1500
INSERT INTO events VALUES (700001, 12, 'view', 4, timestamp '2024-12-30 12:00:00', '{"page": 4}');
-- 800
INSERT INTO comments VALUES (700001, 55, 6, 'new comment', timestamp '2024-12-31 12:00:00');
-- 400
INSERT INTO tasks VALUES (1700001, 7, 70, 9, 'open', 1, 'a new task', date '2024-12-31', timestamp '2024-12-31 12:00:00', NULL);
-- 300
INSERT INTO sessions VALUES (400001, 5, 'abcdef', timestamp '2024-12-31 12:00:00', timestamp '2025-01-31 12:00:00');
-- 50
INSERT INTO documents VALUES (300001, 8, 'new', '{"kind": "note", "owner": 5, "tags": ["t1"]}');
-- 200
DELETE FROM sessions WHERE id = 1001;
-- 20
DELETE FROM comments WHERE id = 2002;
