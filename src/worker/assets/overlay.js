/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs before every script of the page: media must go through TURN, because NAT bindings of direct candidates time out. */
(function (settings) {
  'use strict';

  function relayed(configuration) {
    return Object.assign({}, configuration, { iceTransportPolicy: 'relay' });
  }

  function wrap(Native) {
    function RTCPeerConnection(configuration) {
      if (!new.target) {
        throw new TypeError("Failed to construct 'RTCPeerConnection': Please use the 'new' operator");
      }
      var rest = Array.prototype.slice.call(arguments, 1);
      return Reflect.construct(Native, [relayed(configuration)].concat(rest), new.target === RTCPeerConnection ? Native : new.target);
    }
    Object.setPrototypeOf(RTCPeerConnection, Native); /* generateCertificate and other statics */
    RTCPeerConnection.prototype = Native.prototype;   /* instanceof */
    try {
      Object.defineProperty(Native.prototype, 'constructor', { value: RTCPeerConnection, configurable: true, writable: true });
      Object.defineProperty(Native.prototype, 'setConfiguration', {
        value: function (set) {
          return function setConfiguration(configuration) {
            return set.call(this, relayed(configuration));
          };
        }(Native.prototype.setConfiguration),
        configurable: true,
        writable: true
      });
    } catch (error) {
      /* a page that froze them keeps them */
    }
    return RTCPeerConnection;
  }

  function replace(name) {
    var Native = window[name];

    if (typeof Native === 'function') {
      Object.defineProperty(window, name, { value: wrapped(Native), configurable: true, writable: true, enumerable: false });
    }
  }

  var seen = [];
  function wrapped(Native) {
    for (var i = 0; i < seen.length; i++) {
      if (seen[i][0] === Native) {
        return seen[i][1];
      }
    }
    seen.push([Native, wrap(Native)]);
    return seen[seen.length - 1][1];
  }

  if (settings.relay) {
    replace('RTCPeerConnection');
    replace('webkitRTCPeerConnection');
  }
}(/* settings */));
