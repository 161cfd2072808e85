/* SPDX-License-Identifier: Apache-2.0 */
#include "package_read.h"

/* Part of the format: docs/ledger.md gives its SHA-256. A package cannot carry another text, so nothing
 * unproved is in it for people to read. */
const mp_str mp_package_readme = MP_S_INIT(
    "마패 증적 패키지\n"
    "\n"
    "이 파일에는 마패 로그의 기록과, 그 기록을 인터넷이나 마패 서버 없이 확인하는 데 필요한 모든 것이 들어 있습니다.\n"
    "\n"
    "확인하는 방법:  mapae verify --key 키파일 패키지파일\n"
    "\n"
    "키파일에는 로그를 운영하는 곳에서 따로 받은 검증 키를 넣으십시오. 이 패키지 안의 keys.txt는 패키지를 만든 사람이 넣은\n"
    "것이므로, 다른 경로로 받은 키와 같을 때에만 믿을 수 있습니다. 형식과 확인 순서는 docs/ledger.ko.md에 모두 적혀 있어,\n"
    "마패가 아닌 프로그램으로도 확인할 수 있습니다.\n"
    "\n"
    "확인에 성공하면 알 수 있는 것: 들어 있는 기록이 서명된 로그에 한 글자도 바뀌지 않고 그 자리에 있습니다.\n"
    "확인에 성공해도 알 수 없는 것: 기록이 처음부터 사실이었는지, 넣지 않은 기록이 더 있는지.\n"
    "\n"
    "A package of evidence from Mapae\n"
    "\n"
    "This file holds records of a Mapae log, and all it takes to check them without a network and without a Mapae server.\n"
    "\n"
    "How to check it:  mapae verify --key KEYFILE PACKAGE\n"
    "\n"
    "Into the key file goes the verifier key that you got from whoever runs the log, by another way. keys.txt in this package was put\n"
    "there by whoever made the package: believe it only if it is the same. docs/ledger.md describes the format and the order of\n"
    "checks, so that programs other than Mapae can do it too.\n"
    "\n"
    "What success proves: the records stand in the signed log, at their places, without a letter changed.\n"
    "What it does not prove: that the records were true when they were written, or that there are no others.\n");
