"""The book on paper and for e-readers, made from the built pages: one idea a file.

``site`` reads a page; ``multiples`` turns an explorer into still pictures; ``edition`` chooses and
rearranges what an edition holds; ``sheet`` lays it out for paper, ``breaks`` decides where its
pages break; ``printed`` and ``epub`` write it down.
"""
