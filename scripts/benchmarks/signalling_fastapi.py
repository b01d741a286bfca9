# SPDX-License-Identifier: LGPL-2.1-or-later
"""A room signalling server as the seed describes it, in FastAPI with Redis Pub/Sub: a channel for each room, one subscribed connection for each socket,
every message validated, stamped and published once, and not sent back to whoever said it. Kept small: no token, no list of participants, no REST.

Run by uvicorn; REDIS_URL says where."""

import asyncio
import datetime
import json
import os
import typing

import fastapi
import pydantic
import redis.asyncio

app = fastapi.FastAPI()
store = redis.asyncio.from_url(os.environ["REDIS_URL"], decode_responses=True)


class Message(pydantic.BaseModel):
    type: typing.Literal["offer", "answer", "ice_candidate", "user_joined", "user_left", "room_state", "error"]
    payload: dict
    sender_id: typing.Optional[str] = None
    room_id: typing.Optional[str] = None
    timestamp: typing.Optional[str] = None


async def _down(websocket, pubsub, user):
    async for event in pubsub.listen():
        if event["type"] == "message":
            message = json.loads(event["data"])
            if message.get("sender_id") != user:
                await websocket.send_text(event["data"])


@app.websocket("/webrtc/ws/{room}")
async def signal(websocket: fastapi.WebSocket, room: str, user: str):
    channel = "webrtc:room:" + room
    await websocket.accept()
    async with store.pubsub() as pubsub:
        await pubsub.subscribe(channel)
        await pubsub.get_message(timeout=10)  # it is subscribed
        state = Message(type="room_state", payload={"room_id": room, "participants": [], "participant_count": 0}, room_id=room)
        await websocket.send_text(state.json())
        down = asyncio.create_task(_down(websocket, pubsub, user))
        try:
            while True:
                message = Message.parse_raw(await websocket.receive_text())
                message.sender_id, message.room_id = user, room
                message.timestamp = message.timestamp or datetime.datetime.now(datetime.timezone.utc).isoformat()
                await store.publish(channel, message.json())
        except fastapi.WebSocketDisconnect:
            pass
        finally:
            down.cancel()
