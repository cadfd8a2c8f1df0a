/** Instants stay the caller's text wherever they are only kept: a number of Lua may come back as 1.77e+12. */
export const INSTANTS = `
local function within(text, length, now)
  local found = {}
  for instant in string.gmatch(text or '', '%d+') do
    if tonumber(instant) > now - length then found[#found + 1] = instant end
  end
  return found
end
local function whole(number) return string.format('%.0f', number) end
`;
