"""A workload of luaparser: a Lua file is read, walked and written again."""

from luaparser import ast, astnodes

PART = """
local config{0} = {{ name = "part {0}", size = {0}, tags = {{"a", "b", "c"}} }}
-- computes the mean
function mean{0}(list, n)
  local sum = 0
  for i = 1, n do
    if list[i] ~= nil and list[i].value > 10 then sum = sum + list[i].value * 2 else sum = sum - 1 end
  end
  while sum > 100 do sum = sum / 2 end
  return sum / n, config{0}.name .. "!"
end
"""
tree = ast.parse("\n".join(PART.format(number) for number in range(320)))
names = [node.id for node in ast.walk(tree) if isinstance(node, astnodes.Name)]
print(len(names), len(ast.to_lua_source(tree)), len(ast.to_pretty_str(tree)))
